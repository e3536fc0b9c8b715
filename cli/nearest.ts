/** The name that was probably meant, at most a third of its letters away; undefined where none is near. */
export const nearest = (name: string, names: readonly string[]): string | undefined =>
  names
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.ceil(candidate.length / 3)))
    .sort((a, b) => a.distance - b.distance)[0]?.candidate

/** `; did you mean "steps"?`, or nothing. */
export const didYouMean = (name: string, names: readonly string[], prefix = ''): string => {
  const near = nearest(name, names)
  return near === undefined ? '' : `; did you mean ${prefix}${near}?`
}

/** Insertions, deletions and replacements of one letter that turn one name into the other (Levenshtein). */
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
