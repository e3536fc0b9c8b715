/** Expression as plain data: a number, a symbol, or the name of a function and its operands. */
export type MathJson = number | string | { readonly num: string } | { readonly str: string } | readonly MathJson[]

/** Returns whether an expression is a function with operands. */
export const isFunction = (json: MathJson): json is readonly MathJson[] => Array.isArray(json)
