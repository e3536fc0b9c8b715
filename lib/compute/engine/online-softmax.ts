/**
 * Code of one step of online softmax: a query attends to four keys. Their values are added to the running sum `seen`,
 * weighted by the exponentials of the scores. Exponentials are relative to the largest score so far, `peak`; if a
 * larger score follows, the running sum is scaled down.
 *
 * It reads `rows`, the positions of the four keys in `keys` and `values`, and `visible`, a mask of the four keys. It reads
 * `query` and updates `seen`, both of WIDTH vec4, `peak` and `total`. At the end, `seen` is divided by `total`.
 *
 * @source arXiv:2205.14135
 */
export const ATTEND_TO_FOUR = `
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
