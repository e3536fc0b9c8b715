/**
 * Text as the body of a response: the next piece is asked for when the one before is on its way. `leave` is called
 * when whoever reads it is gone, `ended` once, whichever way it ends.
 */
export const createPulledStream = (
  text: AsyncGenerator<string, void, void>,
  leave: () => void,
  ended: () => void,
): ReadableStream<Uint8Array> => {
  const encoder = new TextEncoder()
  let over = false
  const end = () => {
    if (!over) ended()
    over = true
  }
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await text.next().catch((error: unknown) => {
          end()
          throw error
        })
        // A piece that came after the reader had gone has nowhere to go.
        if (over) return
        if (done === true) {
          controller.close()
          end()
        } else controller.enqueue(encoder.encode(value))
      },
      cancel: async () => {
        leave()
        end()
        await text.return()
      },
    },
    { highWaterMark: 0 },
  )
}
