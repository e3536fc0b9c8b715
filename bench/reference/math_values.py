"""Values of LaTeX expressions by SymPy: a reference for the algebra of lib/reward/math.

    pip install sympy==1.14.0
    python3 bench/reference/math_values.py > spec/golden/math-values.json

Expressions are random, some of them complex; values have real and imaginary part with 15 digits. Odd roots are taken of
positive numbers only, because programs disagree on negative ones (real or principal root).
"""

import json
import random

import sympy as sp

COUNT = 300

random.seed(20260426)

LEAVES = [
    ("2", sp.Integer(2)),
    ("3", sp.Integer(3)),
    ("7", sp.Integer(7)),
    ("i", sp.I),
    ("\\pi", sp.pi),
    ("e", sp.E),
    ("0.5", sp.Rational(1, 2)),
    ("\\frac{2}{3}", sp.Rational(2, 3)),
    ("(1+2i)", 1 + 2 * sp.I),
]

POWERS = [("2", 2), ("{-1}", -1), ("{\\frac{1}{2}}", sp.Rational(1, 2)), ("3", 3), ("{-2}", -2)]


def drawn(depth):
    if depth == 0:
        return random.choice(LEAVES)
    kind = random.choice(["+", "-", "*", "/", "^", "sqrt", "root", "sin", "cos", "tan", "ln", "log", "exp", "abs", "neg"])
    a, x = drawn(depth - 1)
    if kind in "+-*/":
        b, y = drawn(depth - 1)
        return {
            "+": lambda: (f"({a}+{b})", x + y),
            "-": lambda: (f"({a}-({b}))", x - y),
            "*": lambda: (f"{a}\\cdot {b}", x * y),
            "/": lambda: (f"\\frac{{{a}}}{{{b}}}", x / y),
        }[kind]()
    if kind == "^":
        n, exponent = random.choice(POWERS)
        return f"({a})^{n}", x**exponent
    if kind == "sqrt":
        return f"\\sqrt{{{a}}}", sp.sqrt(x)
    if kind == "root" and x.is_positive:
        return f"\\sqrt[3]{{{a}}}", sp.root(x, 3)
    if kind in ("sin", "cos", "tan"):
        return f"\\{kind}({a})", getattr(sp, kind)(x)
    if kind == "ln" and x != 0:
        return f"\\ln({a})", sp.log(x)
    if kind == "log" and x.is_positive:
        return f"\\log_2({a})", sp.log(x, 2)
    if kind == "exp":
        return f"e^{{{a}}}", sp.exp(x)
    if kind == "abs":
        return f"|{a}|", sp.Abs(x)
    return f"-({a})", -x


def main():
    values = []
    while len(values) < COUNT:
        latex, exact = drawn(random.choice([1, 2, 2, 3]))
        try:
            value = complex(sp.N(exact, 25))
        except TypeError:
            continue
        if 1e-6 < abs(value) < 1e6:
            values.append([latex, float(f"{value.real:.15g}"), float(f"{value.imag:.15g}")])
    print("[\n" + ",\n".join(f"  {json.dumps(value)}" for value in values) + "\n]")


main()
