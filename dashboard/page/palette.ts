/** Colours of the style sheet, for drawing on a canvas. */
export interface Palette {
  /** Returns the value of the variable `--NAME` in the present theme. */
  readonly colour: (name: string, alpha?: number) => string
  /** Returns stripes of a colour on the background of a card. */
  readonly striped: (name: string) => CanvasPattern
  /** Drops the cached colours, because the theme has changed. */
  readonly forget: () => void
}

export const createPalette = (root: HTMLElement): Palette => {
  const probe = document.createElement('span')
  probe.hidden = true
  root.append(probe)
  const colours = new Map<string, string>()
  const patterns = new Map<string, CanvasPattern>()
  const colour = (name: string, alpha = 1) => {
    const value = colours.get(name) ?? readColour(probe, name)
    colours.set(name, value)
    return alpha === 1 ? value : value.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`)
  }
  return {
    colour,
    striped: (name) => {
      const pattern = patterns.get(name) ?? createStripes(colour(name), colour('card'))
      patterns.set(name, pattern)
      return pattern
    },
    forget: () => {
      colours.clear()
      patterns.clear()
    },
  }
}

const readColour = (probe: HTMLElement, name: string): string => {
  probe.style.color = `var(--${name})`
  return getComputedStyle(probe).color
}

const createStripes = (colour: string, background: string): CanvasPattern => {
  const side = Math.round(5 * devicePixelRatio)
  const tile = document.createElement('canvas')
  tile.width = tile.height = side
  const context = tile.getContext('2d')!
  context.fillStyle = background
  context.fillRect(0, 0, side, side)
  context.strokeStyle = colour
  context.lineWidth = side / 3
  context.beginPath()
  for (const shift of [-side, 0, side]) {
    context.moveTo(shift - 1, side + 1)
    context.lineTo(shift + side + 1, -1)
  }
  context.stroke()
  return context.createPattern(tile, 'repeat')!
}
