import type { Problem } from '#lib/task/moves/problem.js'

/** Returns whether a text is a path from the start to the target, computed with big integers from its parts. */
export const solves = ({ start, target, moves }: Problem, text: string): boolean => {
  const steps = [...text.matchAll(/([+*-])(\d+)=(-?\d+)/g)]
  if (steps.length === 0 || steps.map(([step]) => step).join('') !== text) return false
  let at = BigInt(start)
  for (const [, operator = '', number = '', result = ''] of steps) {
    if (!moves.some((move) => `${move.operator}${move.number}` === operator + number)) return false
    const by = BigInt(number)
    at = operator === '+' ? at + by : operator === '*' ? at * by : at - by
    if (String(at) !== result) return false
  }
  return at === BigInt(target)
}

/** Returns whether a breadth-first search finds the target within a number of moves, on numbers 1 .. highest. */
export const isSolvable = ({ start, target, moves }: Problem, steps: number, highest: number): boolean => {
  let reached = new Set([start])
  for (let step = 0; step < steps && !reached.has(target); step++)
    reached = new Set(
      [...reached].flatMap((at) =>
        [
          at,
          ...moves.map(({ operator, number }) =>
            operator === '+' ? at + number : operator === '*' ? at * number : at - number,
          ),
        ].filter((next) => next >= 1 && next <= highest),
      ),
    )
  return reached.has(target)
}
