/** Words that say what kind of answer is wanted, not what it is about. */
export const stopWords = new Set(
  `a about all also an and any are as at be been being but by can code codebase could defined describe did do does done
  each every explain file files find for from function functions get gets give go goes had handled happen happens has have
  here how i if implementation implemented in into is it its itself let like list located long look many may me method
  methods mean much must my name named need no not of on one or our out over please project repo repository see set shall
  should show so some somewhere tell than that the their them then there these they thing things this those through to
  under up us use used uses using want was way we were what when where whether which while who why will with work works
  would you your thank thanks hello hi`.split(/\s+/),
);

/** Words of common English that name a thing in code now and then, but seldom the one that is asked for. */
export const weakWords = new Set(
  `able across actual again against ahead allow already although always among anew another anything apart appear ask
   asked away back become becomes been begin being belong best better beyond big both bring built called care carry
   case certain change changed choose chosen come comes common correct course current decide decided depend depends
   detail differ different done drawn during easy either else end enough even ever everything exactly example expect
   fact far fast feel few fine first follow four further gave general give given gives go going gone good great grow
   guess half happen hard help high human idea incoming instead keep kept kind know known large last late later lead
   least leave less letter like little longer look low made main make makes manner matter meet meets mind minute
   moment most must near neither never new next nor normal nothing now number often old one ones only other otherwise
   own owned part particular people person place possible practice prevent probably problem produce proper purpose
   quick quite rather reach read ready real really reason rest result results round said same second seem seen sense
   serve several shown side simple simply since situation small somebody someone something stay step still such sure
   taken takes talk tell than thing think three time together took toward tried truly try two under until upon usual
   usually various way ways well went whole whose wish within without word words world worth wrong yet`.split(/\s+/),
);

/** Forms of English verbs that no rule leads back to the verb. */
export const irregular: ReadonlyMap<string, string> = new Map(
  `began:begin begun:begin broke:break broken:break brought:bring built:build caught:catch chose:choose
   chosen:choose done:do drawn:draw drew:draw fell:fall fallen:fall found:find froze:freeze frozen:freeze gave:give
   given:give grew:grow grown:grow held:hold hid:hide hidden:hide kept:keep laid:lay led:lead lost:lose
   made:make meant:mean met:meet paid:pay ran:run said:say sent:send shown:show slept:sleep spent:spend taken:take
   threw:throw thrown:throw told:tell took:take understood:understand woke:wake won:win written:write wrote:write`
    .split(/\s+/)
    .map((pair): [string, string] => [pair.replace(/:.*/, ""), pair.replace(/.*:/, "")]),
);

/** Words that programs use for the same thing, a group a line; a question seldom uses the one that the code does. */
export const kin: readonly (readonly string[])[] = `
retry backoff attempt
wait delay sleep pause timeout interval
fail error exception throw reject
error err
delete remove erase drop
create make build construct
start begin init launch boot
initialize init setup
stop end abort cancel kill terminate close
config configuration configure setting option preference
auth authentication login credential
key secret password token
permission allow access role
fetch request http download
send post emit publish dispatch
receive listen subscribe
store save persist write keep
read load parse
limit max maximum cap threshold quota
minimum min least
cache memo
validate check verify assert valid
log trace debug
test spec
database sql query db
size length bytes
convert transform encode serialize
decode deserialize unescape parse
default fallback
schedule cron timer queue
encrypt cipher crypto
directory folder dir path
render draw display
endpoint route url uri
thread worker concurrency parallel
sort order rank
merge combine join
split chunk divide
recursive recursion cycle cyclic circular
pattern regex regexp
platform os operating
architecture arch
processor cpu
metadata meta
argument parameter param arg
environment env
document doc
command cli cmd
dependency dep
reference ref
attribute prop property
callback handler listener hook
function func fn
message msg
index idx
previous prev last
temporary tmp temp
ignore skip exclude omit
equal same compare duplicate
update refresh change
replace substitute swap
copy clone duplicate
unique distinct
empty blank
warn warning
detect discover infer
synchronous sync
asynchronous async
lazy defer
batch bulk
clash collide conflict
indentation indent
print format pretty stringify
human readable pretty
language locale
translate locale i18n
mock stub fake
extension ext
compile transpile build
parenthesis bracket paren
gray grey
artifact artefact
`
  .trim()
  .split("\n")
  .map((line) => line.split(" "));
