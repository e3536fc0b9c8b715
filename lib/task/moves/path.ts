/** Operators of a move. A problem has one move of each. */
export const operators = ['+', '*', '-'] as const

/** Allowed move: an operator and the number on its right, such as `+5`. */
export interface Move {
  readonly operator: (typeof operators)[number]
  readonly number: number
}

/** Returns the number that a move leads to. */
export const apply = (from: number, { operator, number }: Move): number => {
  switch (operator) {
    case '+':
      return from + number
    case '*':
      return from * number
    case '-':
      return from - number
  }
}

export const moveText = ({ operator, number }: Move): string => `${operator}${number}`

/** Prints a path with the result of every move: `+5=8*2=16` from 3. */
export const pathText = (start: number, path: readonly Move[]): string => {
  let at = start
  return path.map((move) => stepText(move, (at = apply(at, move)))).join('')
}

const stepText = (move: Move, result: number): string => `${moveText(move)}=${result}`

/**
 * Returns the last number of a path. It is null for a text that is no path: without a move, with a move that is not
 * allowed, with a wrong result, or with a number that is not exact in double precision.
 */
export const endOf = (start: number, moves: readonly Move[], text: string): number | null => {
  if (text === '') return null
  let [at, read] = [start, 0]
  while (read < text.length) {
    const move = moves.find((each) => text.startsWith(`${moveText(each)}=`, read))
    if (move === undefined) return null
    const result = apply(at, move)
    const step = stepText(move, result)
    if (!Number.isSafeInteger(result) || !text.startsWith(step, read)) return null
    at = result
    read += step.length
  }
  return at
}
