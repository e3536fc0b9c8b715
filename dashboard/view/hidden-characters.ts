/**
 * Replaces characters that print nothing, or that change the direction of text, by visible signs. A line break stays after
 * its sign.
 */
export const showHiddenCharacters = (text: string): string => text.replace(hidden, signOf)

/** Control characters, characters that change the direction of text, and zero-width characters except joiners. */
const hidden =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g

const signOf = (character: string): string => {
  const code = character.charCodeAt(0)
  if (character === '\n') return '↵\n'
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  return code === 0x7f ? '␡' : `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`
}
