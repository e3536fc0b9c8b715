/**
 * Waits until all promises have settled, then returns their values. Because none is still running when it returns, the
 * caller may free the resources that the promises share.
 *
 * @errors rejects with the first failure in the order of the promises
 */
export const settleAll = async <A>(promises: readonly Promise<A>[]): Promise<A[]> => {
  await Promise.allSettled(promises)
  return Promise.all(promises)
}
