/** One flag of a command, as it is parsed and as the help shows it. */
export interface Flag {
  readonly name: string
  /** What stands for its value in the help. */
  readonly value: string
  /** Whether it may stand alone, and is then true. */
  readonly yesOrNo?: boolean
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

/** Makes the setting of a path. */
export type SettingOf = (path: string, about: string, placeholder?: string) => Omit<Setting, 'group'>

/** `evaluation.prompts` is set by `--evaluation-prompts`, `topK` by `--top-k`. */
const setting =
  (value: string, read: (text: string) => unknown, more: Pick<Flag, 'yesOrNo'> = {}): SettingOf =>
  (path, about, placeholder = value) => ({
    name: path.replaceAll('.', '-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    path: path.split('.'),
    value: placeholder,
    about,
    read,
    ...more,
  })

const numberOrText = (text: string): unknown => (text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text))

export const textSetting = setting('NAME', (text) => text)
export const numberSetting = setting('N', numberOrText)
export const orNoneSetting = setting('N|none', (text) => (text === 'none' ? null : numberOrText(text)))
export const orNoneTextSetting = setting('NAME|none', (text) => (text === 'none' ? null : text))
export const listSetting = setting('NAME,...', (text) => text.split(','))
export const yesOrNoSetting = setting(
  '[true|false]',
  (text) => (text === 'true' ? true : text === 'false' ? false : text),
  { yesOrNo: true },
)
const bandOrText = (text: string): unknown => {
  const [low, high, ...rest] = text.split(',').map(numberOrText)
  return rest.length === 0 && high !== undefined ? { low, high } : text
}
export const bandSetting = setting('LOW,HIGH', bandOrText)

/** `LOW,HIGH` holds a band, `LOW,HIGH:LOW,HIGH` ramps from one to the other over the run. */
export const bandPlanSetting = setting('LOW,HIGH[:LOW,HIGH]', (text) => {
  const [from, to, ...rest] = text.split(':').map(bandOrText)
  if (rest.length > 0) return text
  return to === undefined ? { schedule: 'constant', from } : { schedule: 'linear', from, to }
})
