import {
  addOperation,
  divOperation,
  equalOperation,
  lessOperation,
  maximumOperation,
  minimumOperation,
  mulOperation,
  subOperation,
} from './binary.js'
import { maxOperation, sumOperation } from './reduction.js'
import {
  castOperation,
  expOperation,
  logOperation,
  negOperation,
  sigmoidOperation,
  sqrtOperation,
  stopGradientOperation,
} from './unary.js'
import { selectOperation } from './select.js'
import { softmaxOperation } from './softmax.js'
import { matmulOperation } from './matmul.js'
import { reshapeOperation } from './reshape.js'
import { transposeOperation } from './transpose.js'
import { broadcastOperation } from './broadcast.js'
import { sliceOperation } from './slice.js'
import { concatOperation } from './concat.js'
import { padOperation } from './pad.js'
import { gatherOperation } from './gather.js'
import { scatterAddOperation } from './scatter-add.js'
import { oneHotOperation } from './one-hot.js'
import { rmsNormOperation } from './rms-norm.js'
import { inverseRmsOperation } from './inverse-rms.js'
import { swigluOperation } from './swiglu.js'
import { ropeOperation } from './rope.js'
import { causalAttentionOperation } from './causal-attention.js'
import { writeCacheOperation } from './write-cache.js'
import { cachedAttentionOperation } from './cached-attention.js'
import { quantizedMatmulOperation } from './quantized-matmul.js'
import { tokenStatisticsOperation } from './token-statistics.js'
import type { Computed, Fused, FusedOperation, Operation } from './operation.js'

/** Operations that consist of other operations. */
export const fusedOperations: { readonly [K in Fused]: FusedOperation<K> } = {
  rmsNorm: rmsNormOperation,
  inverseRms: inverseRmsOperation,
  swiglu: swigluOperation,
  rope: ropeOperation,
  causalAttention: causalAttentionOperation,
  writeCache: writeCacheOperation,
  cachedAttention: cachedAttentionOperation,
  quantizedMatmul: quantizedMatmulOperation,
  tokenStatistics: tokenStatisticsOperation,
}

/** Shape rule and derivative of every operation. A missing row does not compile. */
export const operations: { readonly [K in Computed]: Operation<K> } = {
  ...fusedOperations,
  neg: negOperation,
  exp: expOperation,
  log: logOperation,
  sqrt: sqrtOperation,
  sigmoid: sigmoidOperation,
  add: addOperation,
  sub: subOperation,
  mul: mulOperation,
  div: divOperation,
  maximum: maximumOperation,
  minimum: minimumOperation,
  less: lessOperation,
  equal: equalOperation,
  select: selectOperation,
  sum: sumOperation,
  max: maxOperation,
  softmax: softmaxOperation,
  matmul: matmulOperation,
  reshape: reshapeOperation,
  transpose: transposeOperation,
  broadcast: broadcastOperation,
  slice: sliceOperation,
  concat: concatOperation,
  pad: padOperation,
  gather: gatherOperation,
  scatterAdd: scatterAddOperation,
  oneHot: oneHotOperation,
  cast: castOperation,
  stopGradient: stopGradientOperation,
}
