/** A server with the API of huggingface.co. */
export interface Hub {
  /** Address without a slash at its end. */
  readonly endpoint: string
  /** Access token of an account; null for anonymous requests. */
  readonly token: string | null
}

/** huggingface.co without an account. */
export const publicHub: Hub = { endpoint: 'https://huggingface.co', token: null }

/** A model repository on a hub. */
export interface Repository {
  readonly hub: Hub
  /** Name of the form ORG/NAME. */
  readonly name: string
  /** Branch, tag or commit. */
  readonly revision: string
}

/** Returns whether a text is a repository name. A valid name cannot lead out of the folder that is named after it. */
export const isRepositoryName = (text: string): boolean => /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(text)

/** Returns the address of the model's page, where its licence can be accepted. */
export const pageOf = ({ hub, name }: Repository): string => `${hub.endpoint}/${name}`

/** Returns the address of the model in the hub's API. */
export const apiOf = ({ hub, name }: Repository): string => `${hub.endpoint}/api/models/${name}`
