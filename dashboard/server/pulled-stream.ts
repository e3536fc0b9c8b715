/**
 * Text as the body of a response: the next piece is asked for when the one before is on its way. `leave` is called
 * when whoever reads it is gone, `ended` once, whichever way it ends.
 */
export const pulledStream = (
  text: AsyncGenerator<string, void, void>,
  leave: () => void,
  ended: () => void,
): ReadableStream<Uint8Array> => {
  const encoder = new TextEncoder()
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const { done, value } = await text.next()
          if (done === true) {
            controller.close()
            ended()
          } else controller.enqueue(encoder.encode(value))
        } catch (error) {
          ended()
          throw error
        }
      },
      cancel: async () => {
        leave()
        ended()
        await text.return()
      },
    },
    { highWaterMark: 0 },
  )
}
