/** A server that speaks as huggingface.co does. */
export interface Hub {
  /** Without a slash at its end. */
  readonly endpoint: string
  /** Of the account that asks; null where nobody is signed in. */
  readonly token: string | null
}

export const publicHub: Hub = { endpoint: 'https://huggingface.co', token: null }

/** A model on a hub. */
export interface Repository {
  readonly hub: Hub
  /** ORG/NAME. */
  readonly name: string
  /** A branch, a tag or a commit. */
  readonly revision: string
}

/** Nothing in a name can lead out of the folder that it becomes. */
export const isRepositoryName = (text: string): boolean => /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(text)

/** Where people read about it, and accept its licence. */
export const pageOf = ({ hub, name }: Repository): string => `${hub.endpoint}/${name}`

export const apiOf = ({ hub, name }: Repository): string => `${hub.endpoint}/api/models/${name}`
