/** The first elements of an endless source. */
export const first = <A>(count: number, source: Iterable<A>): readonly A[] => {
  const taken: A[] = []
  for (const each of source) {
    taken.push(each)
    if (taken.length === count) break
  }
  return taken
}
