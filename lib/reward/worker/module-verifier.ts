import * as E from 'fp-ts/lib/Either.js'
import type { Verifier } from '../verifier.js'
import { readVerifierModule } from './read-verifier-module.js'

/** Makes the verifier of a module, in the worker thread that calls it. @errors rejects with TypeError for other exports */
export const moduleVerifier = async ({ url }: { readonly url: string }): Promise<Verifier> => {
  // The output of the module must not mix with the results that the program writes to standard output.
  process.stdout.write = process.stderr.write.bind(process.stderr)
  const module = await readVerifierModule(url)
  if (E.isLeft(module)) throw new TypeError(`${url}: found ${module.left}, expected a verifier`)
  return module.right.verifier
}
