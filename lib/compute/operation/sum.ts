import { normalizeAxes, reducedShape } from './check.js'
import { apply, type Builders, type Operation } from './operation.js'
import { reshape } from './reshape.js'
import { restoreAxes } from './restore-axes.js'

export const sumOperation: Operation<'sum'> = {
  infer: ([{ shape, dtype }], { axes, keepDims }) => ({ shape: reducedShape(shape, axes, keepDims), dtype }),
  derivative: (build, g, _, { attributes: { axes, keepDims } }) => [keepDims ? g : restoreAxes(build, g, axes)],
}

/** Sum over axes, which then go; with `keepDims` they stay as 1. */
export const sum: Builders['sum'] = (x, axes, keepDims = false) => {
  const normal = normalizeAxes('sum', x, axes)
  return normal.every((axis) => x.shape[axis] === 1)
    ? reshape(x, reducedShape(x.shape, normal, keepDims))
    : apply('sum', sumOperation, [x], { axes: normal, keepDims })
}
