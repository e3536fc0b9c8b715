/** An expression as plain data: a number, a symbol, or a function's name and its operands. */
export type MathJson = number | string | { readonly num: string } | { readonly str: string } | readonly MathJson[]

export const isFunction = (json: MathJson): json is readonly MathJson[] => Array.isArray(json)
