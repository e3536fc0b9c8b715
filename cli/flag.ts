/** One flag of a command, as it is parsed and as the help shows it. */
export interface Flag {
  readonly name: string
  /** What stands for its value in the help. */
  readonly value: string
  readonly about: string
  /** Heading it stands under in the help. */
  readonly group: string
}

/** A flag that sets one field of the configuration. */
export interface Setting extends Flag {
  readonly path: readonly string[]
  /** The text as the field takes it; what is not understood goes through as text, for the field to refuse. */
  readonly read: (text: string) => unknown
}

/** Settings under one heading. */
export const group = (name: string, settings: readonly Omit<Setting, 'group'>[]): readonly Setting[] =>
  settings.map((each) => ({ ...each, group: name }))

/** `evaluation.prompts` is set by `--evaluation-prompts`, `topK` by `--top-k`. */
const setting =
  (value: string, read: (text: string) => unknown) =>
  (path: string, about: string, placeholder = value): Omit<Setting, 'group'> => ({
    name: path.replaceAll('.', '-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    path: path.split('.'),
    value: placeholder,
    about,
    read,
  })

const numberOrText = (text: string): unknown => (text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text))

export const textSetting = setting('NAME', (text) => text)
export const numberSetting = setting('N', numberOrText)
export const bandSetting = setting('LOW,HIGH', (text) => {
  const [low, high, ...rest] = text.split(',').map(numberOrText)
  return rest.length === 0 && high !== undefined ? { low, high } : text
})
