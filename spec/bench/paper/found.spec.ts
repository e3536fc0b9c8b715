import { expect, it } from 'vitest'
import { hasOwnFilter, heldArm, predictedAlgorithms } from '#bench/paper/predictions.js'
import { studyRuns } from '#bench/paper/runs.js'
import { scales } from '#bench/paper/scale.js'
import { entropySlope, measureTracking, readStudy, select } from '#bench/paper/study.js'
import { mean } from '#lib/statistics.js'
import { algorithms } from '#pipelines/algorithms/index.js'

const study = await readStudy(scales.full, studyRuns(scales.full, ['algorithms']), 'docs/paper/runs')
const recordsOf = (arm: string) => select(study, { part: 'algorithms', arm })
const percentInside = (arm: string) => Math.round(100 * mean(recordsOf(arm).map((run) => measureTracking(run).inside)))

it.each(predictedAlgorithms.filter(({ name, algorithm }) => name === algorithm))(
  '$name says what the study found',
  (each) => {
    const fall = (-mean(recordsOf(each.name).map(entropySlope))).toFixed(2)
    const held = hasOwnFilter(each)
      ? `${percentInside(each.name)}% of the steps are inside the band`
      : `${percentInside(heldArm(each.name))}% of the steps are inside the band with the filter calibrated`
    expect(algorithms[each.algorithm].found).toBe(`falls by ${fall} nats per token in 100 steps; ${held}`)
  },
)
