/** Returns the name with the smallest edit distance, at most a third of its length; undefined if no name is that near. */
export const nearest = (name: string, names: readonly string[]): string | undefined =>
  names
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.ceil(candidate.length / 3)))
    .sort((a, b) => a.distance - b.distance)[0]?.candidate

/** Returns `; did you mean steps?`, or the empty string if no name is near. */
export const didYouMean = (name: string, names: readonly string[], prefix = ''): string => {
  const near = nearest(name, names)
  return near === undefined ? '' : `; did you mean ${prefix}${near}?`
}

/** Levenshtein distance: the number of letters to insert, delete or replace. */
const editDistance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const above = row
    row = [i]
    for (let j = 1; j <= b.length; j++) {
      row.push(Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
  }
  return row[b.length]!
}
