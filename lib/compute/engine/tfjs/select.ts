import { scalar, tidy } from '@tensorflow/tfjs-core'
import { broadcastTo } from './broadcast.js'
import { type Kernel, run } from './kernel.js'

/** The kernel wants a bool and three equal shapes. The cast to bool would not do: on wasm it makes 0.5 false. */
export const select: Kernel<'select'> = ({ shape }, [condition, a, b]) =>
  tidy(() =>
    run('Select', {
      condition: broadcastTo(run('NotEqual', { a: condition, b: scalar(0) }), shape),
      t: broadcastTo(a, shape),
      e: broadcastTo(b, shape),
    }),
  )
