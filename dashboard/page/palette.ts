/** The colours of the style sheet, for a canvas. */
export interface Palette {
  /** The variable `--NAME`, as it is in the theme of now. */
  readonly colour: (name: string, alpha?: number) => string
  /** Stripes of it on the ground of a card. */
  readonly striped: (name: string) => CanvasPattern
  /** The theme changed. */
  readonly forget: () => void
}

export const createPalette = (root: HTMLElement): Palette => {
  const probe = document.createElement('span')
  probe.hidden = true
  root.append(probe)
  const colours = new Map<string, string>()
  const patterns = new Map<string, CanvasPattern>()
  const colour = (name: string, alpha = 1) => {
    const known = colours.get(name) ?? computed(probe, name)
    colours.set(name, known)
    return alpha === 1 ? known : known.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`)
  }
  return {
    colour,
    striped: (name) => {
      const known = patterns.get(name) ?? stripes(colour(name), colour('card'))
      patterns.set(name, known)
      return known
    },
    forget: () => {
      colours.clear()
      patterns.clear()
    },
  }
}

const computed = (probe: HTMLElement, name: string): string => {
  probe.style.color = `var(--${name})`
  return getComputedStyle(probe).color
}

const stripes = (colour: string, ground: string): CanvasPattern => {
  const side = Math.round(5 * devicePixelRatio)
  const tile = document.createElement('canvas')
  tile.width = tile.height = side
  const context = tile.getContext('2d')!
  context.fillStyle = ground
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
