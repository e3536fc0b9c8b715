import type * as t from 'io-ts'

/** Writes a sentence for each field that a codec refuses. */
export const faultTexts = (errors: t.Errors): readonly string[] => [...new Set(errors.map(faultText))]

const faultText = ({ value, context, message }: t.ValidationError): string => {
  const path = context.map(({ key }) => key).filter((key) => key !== '')
  return message ?? `${path.join('.')}: found ${JSON.stringify(value)}, expected ${context.at(-1)!.type.name}`
}

/** The message of an error, or the value itself if something else was thrown. */
export const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error))
