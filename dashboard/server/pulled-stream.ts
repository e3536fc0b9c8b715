/**
 * Creates a response body of a generator, which makes the next piece when the last one was taken. `onLeave` is called
 * when the reader has disconnected; `onEnd` is called once when the stream ends for any reason.
 */
export const createPulledStream = (
  pieces: AsyncGenerator<Uint8Array, void, void>,
  onLeave: () => void,
  onEnd: () => void,
): ReadableStream<Uint8Array> => {
  let isOver = false
  const end = () => {
    if (!isOver) onEnd()
    isOver = true
  }
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await pieces.next().catch((error: unknown) => {
          end()
          throw error
        })
        // The reader has disconnected while this piece was made.
        if (isOver) return
        if (done === true) {
          controller.close()
          end()
        } else controller.enqueue(value)
      },
      cancel: async () => {
        onLeave()
        end()
        await pieces.return()
      },
    },
    { highWaterMark: 0 },
  )
}
