const foreign = new Set(
  `aber alle auf aus bei beim das dem den der des die dieses ein eine einem einen einer es für gibt hat ich ist kann man
   mit nicht oder sich sind und von wann warum was welche welcher welches wenn werden wie wieso wird wo woher wozu zu zum
   au aux avec ce cette ces comment dans de des du elle est et il la le les leur où par pas pour pourquoi quand que quel
   quelle quels quelles qui quoi sont sur une un y
   al como cómo con cual cuál cuales cuáles cuando cuándo de del donde dónde el en es esta este están hay la las los lo
   para por porque qué que se son su una uno y
   che chi come cosa dei della delle dove il gli nel nella perché quale quali quando sono
   ao da das do dos em não onde os qual quais quando são um uma
   de een en het hoe is niet van voor waar waarom wat welke wordt`.split(/\s+/),
);
const english = new Set(
  `a an and are as at be by can do does for from has have how i in into is it its not of on or that the there this to was
   what when where which who why will with`.split(/\s+/),
);

/** False where a question is plainly in another language than English: by its script, or by its small words. */
export function isEnglish(question: string): boolean {
  const letters = question.match(/\p{L}/gu) ?? [];
  const latin = letters.filter((letter) => /\p{Script=Latin}/u.test(letter));
  if (latin.length * 2 < letters.length) return false;
  const words = (question.toLowerCase().match(/\p{L}+/gu) ?? []).filter(
    (word) => !(english.has(word) && foreign.has(word)),
  );
  const of = (set: ReadonlySet<string>) => words.filter((word) => set.has(word)).length;
  return of(foreign) < 2 || of(foreign) <= of(english);
}
