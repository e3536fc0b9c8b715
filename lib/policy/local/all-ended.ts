/**
 * What all of them come to, once the last has ended, whichever way: nobody is then still at work with what they share.
 *
 * @errors the first failure, in the order given
 */
export const allEnded = async <A>(works: readonly Promise<A>[]): Promise<A[]> => {
  await Promise.allSettled(works)
  return Promise.all(works)
}
