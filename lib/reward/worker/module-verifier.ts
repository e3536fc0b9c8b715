import type { Verifier } from '../verifier.js'
import { readVerifierModule } from './read-verifier-module.js'

/** Makes the verifier of a module, in the worker thread that calls it. */
export const moduleVerifier = async ({ url }: { readonly url: string }): Promise<Verifier> => {
  // The output of the module must not mix with the results that the program writes to standard output.
  process.stdout.write = process.stderr.write.bind(process.stderr)
  return (await readVerifierModule(url)).verifier
}
