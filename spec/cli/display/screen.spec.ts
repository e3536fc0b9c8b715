import { expect, it } from 'vitest'
import { screen } from '#cli/display/screen.js'

it('screen draws over the previous lines', () => {
  const written: string[] = []
  const drawn = screen({ interactive: true, columns: 80, write: (text) => written.push(text), note: () => undefined })
  drawn.show(['a', 'b'])
  drawn.show(['c'])
  drawn.show(['d'])
  expect(written).toEqual(['a\nb\n', '\u001b[2A\u001b[0Jc\n', '\u001b[1A\u001b[0Jd\n'])
})
