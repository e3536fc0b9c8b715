/** What an error says. */
export const inWords = (error: unknown): string => (error instanceof Error ? error.message : String(error))
