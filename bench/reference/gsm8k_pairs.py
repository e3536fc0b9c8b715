"""Pairs of a GSM8K solution and a correct or wrong answer, in the formats that models use.

    python3 bench/reference/gsm8k_pairs.py GSM8K/test.jsonl > spec/golden/gsm8k-pairs.json

Problems are taken at equal distances from the test split. The n-th problem gets the n-th format, so that the same file gives the
same pairs. Formats that the verifiers read differently (two boxes, a full stop in a box) are among the hand-written pairs and
not here. `same` says whether the answer is correct. GSM8K is MIT-licensed, (c) OpenAI:
https://github.com/openai/grade-school-math
"""

import json
import sys

PAIRS = 240


def grouped(n):
    return f"{n:,}"


RIGHT = [
    lambda n: f"\\boxed{{{n}}}",
    lambda n: f"Adding these up gives the total.\n#### {n}",
    lambda n: f"The answer is {n}.",
    lambda n: f"So the final answer is ${n}$.",
    lambda n: f"Therefore they have \\boxed{{{grouped(n)}}} in total.",
    lambda n: f"The answer is ${grouped(n)}.",
    lambda n: f"This makes $\\boxed{{\\${n}}}$.",
    lambda n: f"We find \\boxed{{{n}.00}}",
    lambda n: f"Hence \\boxed{{{n} \\text{{ dollars}}}}.",
    lambda n: f"So $x = \\boxed{{x = {n}}}$",
    lambda n: f"Half of the double is \\boxed{{\\frac{{{2 * n}}}{{2}}}}",
    lambda n: f"**Answer:** {n}",
    lambda n: f"After the sale she is left with {n}",
    lambda n: f"\\[ \\boxed{{{n}}} \\]",
    lambda n: f"The answer is {n} apples.",
    lambda n: f"We get \\boxed{{{n}\\%}}",
    lambda n: f"So \\boxed{{{n - 1}\\frac{{2}}{{2}}}}" if n > 1 else f"\\boxed{{{n}}}",
    lambda n: f"That is \\boxed{{{n * 10} / 10}}",
]

WRONG = [
    lambda n: f"\\boxed{{{n + 1}}}",
    lambda n: f"So there are fewer.\n#### {n - 1}",
    lambda n: f"The answer is {n * 10}.",
    lambda n: f"So the final answer is $-{n}$." if n else "The answer is $1$.",
    lambda n: f"Therefore they have \\boxed{{{grouped(n + 1000)}}} in total.",
    lambda n: f"The answer is ${n}.50.",
    lambda n: f"This makes \\boxed{{{n}.5}}",
    lambda n: f"That leaves \\boxed{{\\frac{{{n}}}{{3}}}}" if n else "\\boxed{3}",
    lambda n: f"It is \\boxed{{{n // 2 - 1}}}.",
    lambda n: "I cannot tell from what is given.",
    lambda n: f"It is between \\boxed{{({n}, {n + 2})}}",
    lambda n: f"We get \\boxed{{{n}x}}",
    lambda n: f"#### {n}{n}",
    lambda n: f"We get \\boxed{{{n + 7}\\%}}",
]


def final(answer):
    return int(answer.split("####")[1].strip().replace(",", ""))


def main(path):
    with open(path) as lines:
        problems = [json.loads(line) for line in lines]
    chosen = [problems[i * len(problems) // PAIRS] for i in range(PAIRS)]
    pairs = []
    for i, problem in enumerate(chosen):
        right = i % 5 < 3
        ways = RIGHT if right else WRONG
        # Correct and wrong answers each go through their formats in turn.
        turn = (i // 5) * 3 + i % 5 if right else (i // 5) * 2 + i % 5 - 3
        answer = ways[turn % len(ways)](final(problem["answer"]))
        pairs.append({"gold": problem["answer"], "answer": answer, "same": right})
    json.dump(pairs, sys.stdout, indent=1, ensure_ascii=False)
    print()


main(sys.argv[1])
