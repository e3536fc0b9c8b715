/** Flag of a command, as it is parsed and as the help shows it. */
export interface Flag {
  readonly name: string
  /** Placeholder of the value in the help. */
  readonly value: string
  /** If true, the flag may stand without a value and then means true. */
  readonly yesOrNo?: boolean
  /** Returns the part of a value that names what the value sets. A flag with it may be given once for each such name. */
  readonly nameIn?: (text: string) => string
  /** If given, the flag may stand without a value. A word after it is its value only if it matches this pattern. */
  readonly optionalValue?: RegExp
  /** Values that the flag accepts, for the completion of command lines. */
  readonly choices?: readonly string[]
  readonly about: string
  /** Heading of the flag in the help. */
  readonly group: string
}

/** Flag that sets one field of a configuration. */
export interface Setting extends Flag {
  readonly path: readonly string[]
  /** Converts the text to a value of the field. Text that it cannot convert stays text, which the field then refuses. */
  readonly read: (text: string) => unknown
}

/** Puts settings under one heading. */
export const group = (name: string, settings: readonly Omit<Setting, 'group'>[]): readonly Setting[] =>
  settings.map((each) => ({ ...each, group: name }))

/** Makes the setting of a path. */
export type SettingOf = (path: string, about: string, placeholder?: string) => Omit<Setting, 'group'>

/** Flag of a path: `--evaluation-prompts` of `evaluation.prompts`, `--clip-high` of the algorithm option `options.clipHigh`. */
export const flagNameOf = ([first = '', ...others]: readonly string[]): string =>
  (first === 'options' ? others : [first, ...others])
    .join('-')
    .replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

const setting =
  (value: string, read: (text: string) => unknown, more: Pick<Flag, 'yesOrNo' | 'nameIn'> = {}): SettingOf =>
  (dotted, about, placeholder = value) => {
    const path = dotted.split('.')
    return { name: flagNameOf(path), path, value: placeholder, about, read, ...more }
  }

/** Setting whose value is one of some names, which the help lists. */
export const choiceSetting = (path: string, about: string, names: readonly string[]): Omit<Setting, 'group'> => ({
  ...textSetting(path, `${about}: ${names.join(', ')}`),
  choices: names,
})

const numberOrText = (text: string): unknown => (text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text))

export const textSetting = setting('NAME', (text) => text)
export const numberSetting = setting('N', numberOrText)
export const orNoneSetting = setting('N|none', (text) => (text === 'none' ? null : numberOrText(text)))
/** `auto` stays text. */
export const orAutoSetting = setting('N|auto', numberOrText)
export const orNoneTextSetting = setting('NAME|none', (text) => (text === 'none' ? null : text))
export const listSetting = setting('NAME,...', (text) => text.split(','))
export const orNoneListSetting = setting('NAME,...|none', (text) => (text === 'none' ? null : text.split(',')))
export const yesOrNoSetting = setting(
  '[true|false]',
  (text) => (text === 'true' ? true : text === 'false' ? false : text),
  { yesOrNo: true },
)
/** Setting of a flag that may be given several times; each time sets some fields of the value at the path. */
export const repeatableSetting = (
  path: string,
  about: string,
  placeholder: string,
  read: (text: string) => unknown,
  nameIn: (text: string) => string,
): Omit<Setting, 'group'> => setting(placeholder, read, { nameIn })(path, about)

/** `auto` and text that is no band stay text. */
const bandOrText = (text: string): unknown => {
  const [low, high, ...rest] = text.split(',').map(numberOrText)
  return rest.length === 0 && high !== undefined ? { low, high } : text
}
export const orNoneBandSetting = setting('LOW,HIGH|none', (text) => (text === 'none' ? null : bandOrText(text)))
export const bandSetting = setting('LOW,HIGH|auto', bandOrText)

/**
 * `LOW,HIGH` is a constant band. `LOW,HIGH:LOW,HIGH` is a linear ramp between two bands over the run. `auto` is a ramp between
 * bands that are measured.
 */
export const bandPlanSetting = setting('auto|LOW,HIGH[:LOW,HIGH]', (text) => {
  if (text === 'auto') return { schedule: 'auto' }
  const [from, to, ...rest] = text.split(':').map(bandOrText)
  if (rest.length > 0) return text
  return to === undefined ? { schedule: 'constant', from } : { schedule: 'linear', from, to }
})
