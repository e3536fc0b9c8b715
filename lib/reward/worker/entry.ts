/** First module of the worker thread of a verifier. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { defer, firstValueFrom } from 'rxjs'
import { describeThrown } from '../../describe.js'
import type { Verifier } from '../verifier.js'
import type { Check, MakeVerifier, Message, VerifierSource } from './protocol.js'

const serve = async (port: MessagePort, source: VerifierSource): Promise<void> => {
  const post = (message: Message) => port.postMessage(message)
  const postError = (error: unknown) => {
    post({ kind: 'error', ...nameAndMessage(error) })
  }
  try {
    const verifier = await makeVerifier(source)
    port.on('message', ({ prompt, completion }: Check) => {
      firstValueFrom(
        defer(() => verifier(prompt, completion)),
        { defaultValue: null },
      )
        .then((reward) => post({ kind: 'verdict', reward }))
        .catch(postError)
    })
    post({ kind: 'ready' })
  } catch (error) {
    postError(error)
  }
}

/** Name and message of a thrown value, as texts. A value that cannot be read gives a text that says so. */
const nameAndMessage = (error: unknown): { readonly name: string; readonly message: string } => {
  try {
    const { name, message } = error instanceof Error ? error : new Error(describeThrown(error))
    if (typeof name === 'string' && typeof message === 'string') return { name, message }
  } catch {
    // A getter of the error throws.
  }
  return { name: 'Error', message: describeThrown(error) }
}

const makeVerifier = async ({ module, name, options }: VerifierSource): Promise<Verifier> => {
  const exported = (await import(module)) as Readonly<Record<string, MakeVerifier | undefined>>
  const make = exported[name]
  if (typeof make !== 'function')
    throw new TypeError(`${module}: found no function ${name}, expected one that makes a verifier`)
  return make(options)
}

if (parentPort !== null) void serve(parentPort, workerData as VerifierSource)
