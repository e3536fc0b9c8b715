/**
 * Returns a function that gives each heading of a page its id. The ids are those of GitHub, so that a link to a heading
 * works in both places.
 */
export const headingIds = (): ((heading: string) => string) => {
  const counts = new Map<string, number>()
  return (heading) => {
    const id = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-')
    const count = counts.get(id) ?? 0
    counts.set(id, count + 1)
    return count === 0 ? id : `${id}-${count}`
  }
}
