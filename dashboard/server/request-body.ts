import * as E from 'fp-ts/lib/Either.js'
import { foundAndExpected } from '../../lib/codec/describe-errors.js'

/** Limits of the body of a request. */
export interface BodyLimits {
  /** Largest size. @units bytes */
  readonly bytes: number
  /** Longest time until the whole body is there. @units ms */
  readonly ms: number
}

/** Reason for which a body was not read, and the status of the answer. */
export interface BadBody {
  readonly status: 400 | 408 | 413
  readonly error: string
}

/**
 * Reads the body of a request as UTF-8 text, whether its length is announced or it comes in chunks. The rest of a body that
 * breaks a limit is not read.
 *
 * @errors BadBody: too long (413), too slow (408), ended early or no UTF-8 (400)
 */
export const readBody = async (request: Request, limits: BodyLimits): Promise<E.Either<BadBody, string>> => {
  if (Number(request.headers.get('content-length') ?? 0) > limits.bytes) return tooLong(limits)
  const reader = (request.body as ReadableStream<Uint8Array> | null)?.getReader()
  if (reader === undefined) return E.right('')
  const deadline = startDeadline(limits.ms)
  const parts: Uint8Array[] = []
  try {
    for (let size = 0; ;) {
      const part = await Promise.race([reader.read(), deadline.passed])
      if (part === 'too late') return stopReading(reader, tooSlow(limits))
      if (part.done) return decode(parts)
      size += part.value.length
      if (size > limits.bytes) return stopReading(reader, tooLong(limits))
      parts.push(part.value)
    }
  } catch {
    return E.left({ status: 400, error: 'body: found its end before its length, expected the whole body' })
  } finally {
    deadline.clear()
  }
}

const startDeadline = (ms: number) => {
  let timer: NodeJS.Timeout | undefined
  const passed = new Promise<'too late'>((resolve) => {
    timer = setTimeout(() => resolve('too late'), ms)
  })
  return { passed, clear: () => clearTimeout(timer) }
}

const stopReading = <A>(reader: ReadableStreamDefaultReader<Uint8Array>, answer: A): A => {
  // The answer is already known, so an error of the connection changes nothing.
  void reader.cancel().catch(() => undefined)
  return answer
}

const tooLong = ({ bytes }: BodyLimits): E.Either<BadBody, never> =>
  E.left({ status: 413, error: `body: found more than ${bytes} bytes, expected fewer` })

const tooSlow = ({ ms }: BodyLimits): E.Either<BadBody, never> =>
  E.left({ status: 408, error: `body: found no end after ${ms / 1000} s, expected the whole body by then` })

const decode = (parts: readonly Uint8Array[]): E.Either<BadBody, string> =>
  E.tryCatch(
    () => new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts)),
    () => ({ status: 400, error: `body: ${foundAndExpected('other bytes', 'JSON in UTF-8')}` }),
  )
