/**
 * A query meets four keys: their values are added to what it has seen, in proportion to the exponentials of the scores.
 * Those are kept relative to the highest score so far, the peak; where a higher one comes, what was seen shrinks.
 *
 * It reads `rows`, the four's in `keys` and `values`, and which of them are `visible`; and carries on `query` and `seen`
 * of WIDTH fours, `peak`, and `total`, by which `seen` is divided in the end.
 *
 * @source arXiv:2205.14135
 */
export const MEET_FOUR = `
    var scores = vec4<f32>();
    for (var i = 0; i < WIDTH; i++) {
      scores += vec4<f32>(
        dot(query[i], keys[rows.x * WIDTH + i]),
        dot(query[i], keys[rows.y * WIDTH + i]),
        dot(query[i], keys[rows.z * WIDTH + i]),
        dot(query[i], keys[rows.w * WIDTH + i]));
    }
    scores = select(vec4<f32>(HIDDEN), scores, visible);
    let higher = max(peak, max(max(scores.x, scores.y), max(scores.z, scores.w)));
    let shrink = exp(peak - higher);
    let weights = exp(scores - higher);
    for (var i = 0; i < WIDTH; i++) {
      seen[i] = seen[i] * shrink +
        weights.x * values[rows.x * WIDTH + i] +
        weights.y * values[rows.y * WIDTH + i] +
        weights.z * values[rows.z * WIDTH + i] +
        weights.w * values[rows.w * WIDTH + i];
    }
    total = total * shrink + dot(weights, vec4<f32>(1.0));
    peak = higher;
`
