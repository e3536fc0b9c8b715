/** One of the names a benchmark takes. @errors RangeError */
export const named = <A extends string>(what: string, name: string, known: readonly A[]): A => {
  const found = known.find((each) => each === name)
  if (found === undefined) throw new RangeError(`${what}: found ${name}, expected one of ${known.join(', ')}`)
  return found
}
