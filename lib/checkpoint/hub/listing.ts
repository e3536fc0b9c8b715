import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import type { Observable } from 'rxjs'
import type { Response } from 'undici'
import { firstMismatch, placeIn } from '../../codec/describe-errors.js'
import { fromAsyncGenerator } from '../../control/from-async-generator.js'
import { jsonOf, request } from './request.js'
import { HubError } from './hub-error.js'
import { apiOf, type Repository } from './repository.js'

/** File of a repository with the size and checksum that a complete download has. */
export interface RepositoryFile {
  readonly path: string
  /** @units bytes */
  readonly size: number
  /** SHA-256 of the bytes for a file in large-file storage; git's blob id for a file in the repository itself. */
  readonly checksum: { readonly of: 'bytes' | 'blob'; readonly hex: string }
}

/** Files of a repository at one commit. The commit is fixed because a branch may move during the download. */
export interface Listing {
  readonly commit: string
  readonly files: readonly RepositoryFile[]
}

const size = t.refinement(t.Int, (n) => n >= 0, 'integer >= 0')
const CommitCodec = t.type({ sha: t.string })
const EntriesCodec = t.array(
  t.intersection([
    t.type({ type: t.string, path: t.string, size, oid: t.string }),
    t.partial({ lfs: t.type({ oid: t.string, size }) }),
  ]),
)
type Entry = t.TypeOf<typeof EntriesCodec>[number]

/** Requests the list of a repository's files. @errors HubError */
export const fetchListing = (repository: Repository): Observable<Listing> =>
  fromAsyncGenerator(async function* (signal) {
    const revision = `${apiOf(repository)}/revision/${encodeURIComponent(repository.revision)}`
    const { sha } = await decodeResponse(CommitCodec, await request(repository, revision, signal), signal)
    const entries: Entry[] = []
    let page: string | null = `${apiOf(repository)}/tree/${encodeURIComponent(sha)}?recursive=true`
    while (page !== null) {
      const response: Response = await request(repository, page, signal)
      entries.push(...(await decodeResponse(EntriesCodec, response, signal)))
      page = nextPage(response)
    }
    yield { commit: sha, files: entries.filter(({ type }) => type === 'file').map(fileOf) }
  })

const fileOf = ({ path, size, oid, lfs }: Entry): RepositoryFile =>
  lfs === undefined
    ? { path, size, checksum: { of: 'blob', hex: oid } }
    : { path, size: lfs.size, checksum: { of: 'bytes', hex: lfs.oid } }

const decodeResponse = async <A>(codec: t.Decoder<unknown, A>, response: Response, signal: AbortSignal): Promise<A> =>
  pipe(
    codec.decode(await jsonOf(response, signal)),
    E.getOrElseW((errors): never => {
      const { path, found, expected } = firstMismatch(errors)
      throw new HubError('unusable', placeIn(response.url, path), found, expected)
    }),
  )

/** Returns the address of the next page of a long list; null for the last page. */
const nextPage = ({ headers, url }: Response): string | null => {
  const link = /<([^>]+)>;\s*rel="?next"?/.exec(headers.get('link') ?? '')?.[1]
  return link === undefined ? null : new URL(link, url).href
}
