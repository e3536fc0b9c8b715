/** Characters of words in regular expressions of Rust, as the content of a character class. */
export const WORD = String.raw`\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}`
