import type * as t from 'io-ts'

/** What is wrong with a value, a sentence for each field. */
export const problems = (errors: t.Errors): readonly string[] => [...new Set(errors.map(problem))]

const problem = ({ value, context, message }: t.ValidationError): string => {
  const path = context.map(({ key }) => key).filter((key) => key !== '')
  return message ?? `${path.join('.')}: found ${JSON.stringify(value)}, expected ${context.at(-1)!.type.name}`
}

/** What an error says. */
export const inWords = (error: unknown): string => (error instanceof Error ? error.message : String(error))
