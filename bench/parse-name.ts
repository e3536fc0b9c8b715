/** Returns the name if it is known. `what` is the flag or argument it comes from. @errors RangeError for another name */
export const parseName = <A extends string>(what: string, name: string, known: readonly A[]): A => {
  const found = known.find((other) => other === name)
  if (found === undefined) throw new RangeError(`${what}: found ${name}, expected one of ${known.join(', ')}`)
  return found
}
