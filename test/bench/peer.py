"""Runs one workload once with the official `rlm` package, unmodified, from its checkout in $PEER.

usage: PEER=<checkout of alexzhang13/rlm> python3 peer.py {niah|fanout|iterations|children} N
The model is a script inside the same process, so that the peer pays for no HTTP. Prints one JSON line.
"""
import asyncio
import json
import os
import random
import resource
import sys
import time

sys.path[:0] = [os.environ["PEER"], "/usr/lib/python3/dist-packages"]
import rlm.clients
import rlm.core.rlm
from rlm.clients.base_lm import BaseLM
from rlm.core.types import ModelUsageSummary, UsageSummary

WORDS = ["blah", "random", "text", "data", "content", "information", "sample"]
ANSWER = 'answer["content"] = str(result)\nanswer["ready"] = True'


def cell(code):
    return f"Plan.\n```repl\n{code}\n```\n"


def haystack(lines):
    rnd = random.Random(7)
    text = [" ".join(rnd.choices(WORDS, k=rnd.randint(3, 8))) for _ in range(lines)]
    text[lines * 6 // 10] = "The magic number is 1298418"
    return "\n".join(text)


def niah(n):
    find = "import re\nhits = [m.group(1) for m in re.finditer(r'magic number is (\\d+)', context)]\nlines = context.split('\\n')\nprint(hits, len(lines))"
    turns = [cell("print(len(context)); print(context[:500])"), cell(find), cell("result = hits[0]\n" + ANSWER)]
    return haystack(n), "What is the magic number?", "1298418", 0, lambda turn: turns[min(turn, 2)], {}


def fanout(n):
    ask = f"r = llm_query_batched(['part %d' % i for i in range({n})])\nresult = len([x for x in r if x.startswith('seen')])\nprint(result)"
    return "x" * 1000, "count", str(n), 0.05, lambda turn: cell(ask) if turn == 0 else cell(ANSWER), {}


def iterations(n):
    def root(turn):
        return cell(f"x{turn} = {turn}\nprint(x{turn})") if turn < n - 1 else cell("result = x0\n" + ANSWER)

    return "x" * 1000, "loop", "0", 0, root, {"max_iterations": n + 1}


def children(n):
    ask = f"r = rlm_query_batched(['part ' + 'y' * 1000 + str(i) for i in range({n})])\nresult = len(r)\nprint(result)"

    def root(turn):
        return cell(ask) if turn == 0 else cell(ANSWER)

    return "x" * 1000, "count", str(n), 0, root, {"max_depth": 2}


def child(turn):
    return cell("print(len(context))") if turn == 0 else cell("result = len(context)\n" + ANSWER)


class Scripted(BaseLM):
    root = None
    latency = 0

    def __init__(self, **options):
        super().__init__(model_name=options.get("model_name", "scripted"))
        self.turn = 0

    def reply(self, prompt):
        if isinstance(prompt, list) and prompt and prompt[0].get("role") == "system":
            self.turn += 1
            # A child is given no question of its own.
            script = Scripted.root if "Answer the following" in json.dumps(prompt[:2]) else child
            return script(self.turn - 1)
        return "seen " + str(prompt)[-12:]

    def completion(self, prompt):
        if not isinstance(prompt, list):
            time.sleep(Scripted.latency)
        return self.reply(prompt)

    async def acompletion(self, prompt):
        await asyncio.sleep(Scripted.latency)
        return self.reply(prompt)

    def get_usage_summary(self):
        return UsageSummary(model_usage_summaries={})

    def get_last_usage(self):
        return ModelUsageSummary(total_calls=1, total_input_tokens=1, total_output_tokens=1)


def main():
    workload = {"niah": niah, "fanout": fanout, "iterations": iterations, "children": children}[sys.argv[1]]
    context, question, expected, Scripted.latency, root, options = workload(int(sys.argv[2]))
    Scripted.root = staticmethod(root)
    rlm.core.rlm.get_client = rlm.clients.get_client = lambda backend, kwargs: Scripted(**(kwargs or {}))
    engine = rlm.core.rlm.RLM(backend="openai", backend_kwargs={"model_name": "scripted"}, **options)
    started = time.perf_counter()
    result = engine.completion(context, root_prompt=question)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peakMb": peak, "right": result.response == expected}))


main()
