import { inspect } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describeFileProblem } from '../../file/file-problem.js'
import { openRegularFile } from '../../file/regular-file.js'
import { SettingError } from './setting-error.js'

/** Text in place of a key. */
const HIDDEN = '[secret]'

/** Key of a server. Printing it, and writing it as JSON, gives `[secret]`, so that it reaches no log and no run folder. */
export class Secret {
  readonly #value: string
  /** Takes the key itself. {@link readSecret} reads it from the environment or from a file. */
  constructor(value: string) {
    this.#value = value
  }
  /** Returns the key, for the header of a request. */
  reveal(): string {
    return this.#value
  }
  /** Replaces the key in a text, because a server may repeat the key in its answer. */
  hideIn(text: string): string {
    return text.replaceAll(this.#value, HIDDEN)
  }
  toString(): string {
    return HIDDEN
  }
  toJSON(): string {
    return HIDDEN
  }
  [inspect.custom](): string {
    return HIDDEN
  }
}

/** Place of a key: an environment variable, or a file that only its owner can use. */
export type SecretPlace = { readonly variable: string } | { readonly file: string }

/**
 * Reads the key of a server. White space around the key is removed.
 *
 * @errors SettingError for a missing or empty key, for characters that a header cannot hold, and for a file that other accounts
 *         can use (Windows has no such mode of a file, and nothing is checked there)
 * @example
 * const key = await orThrow(readSecret({ variable: 'VLLM_API_KEY' }))
 */
export const readSecret = (
  place: SecretPlace,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): TE.TaskEither<SettingError, Secret> =>
  'variable' in place
    ? TE.fromEither(toSecret(`the environment variable ${place.variable}`, environment[place.variable] ?? ''))
    : pipe(
        readPrivateFile(place.file),
        TE.chainEitherK((text) => toSecret(place.file, text)),
      )

/** Visible characters of ASCII: a header holds no others. */
const KEY = /^[\x21-\x7e]+$/

const toSecret = (place: string, text: string): E.Either<SettingError, Secret> => {
  const key = text.trim()
  if (key === '') return E.left(new SettingError(place, 'no key', 'the key of the server'))
  return KEY.test(key)
    ? E.right(new Secret(key))
    : E.left(new SettingError(place, 'a text with spaces or other characters', 'a key of visible ASCII characters'))
}

/** Largest size of a file with a key. @units bytes */
const LARGEST = 2 ** 16

const readPrivateFile = (path: string): TE.TaskEither<SettingError, string> =>
  TE.tryCatch(
    async () => {
      const file = await openRegularFile(path)
      try {
        const { mode, size } = await file.stat()
        checkMode(path, mode & 0o777)
        if (size > LARGEST) throw new SettingError(path, `${size} bytes`, `a key of at most ${LARGEST} bytes`)
        return await file.readFile('utf8')
      } finally {
        await file.close()
      }
    },
    (cause) =>
      cause instanceof SettingError
        ? cause
        : new SettingError(path, describeFileProblem(cause), 'a file with the key of the server', { cause }),
  )

const checkMode = (path: string, mode: number): void => {
  if (process.platform === 'win32' || (mode & 0o077) === 0) return
  throw new SettingError(
    path,
    `the mode 0${mode.toString(8)}, with which other accounts can use the key`,
    `the mode 0600; set it with: chmod 600 ${path}`,
  )
}
