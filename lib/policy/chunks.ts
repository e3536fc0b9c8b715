/** Divides a list into consecutive pieces of `size` items; the last piece may be shorter. */
export const chunks = <A>(items: readonly A[], size: number): A[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
