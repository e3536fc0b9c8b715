/**
 * Turns keyed random numbers into a generator that returns them one after another.
 *
 * @example
 * const draw = sequence(keyedUniform(7, 0))
 * draw() // equals uniform(7, 0, 0)
 */
export const sequence = (draw: (place: number) => number): (() => number) => {
  let place = 0
  return () => draw(place++)
}
