// Softmax cross-entropy: its sum over the batch, the hits, and the gradient of its mean. One workgroup.
#use batch
#bind read logits array<f32>
#bind read labels array<u32>
#bind write gradient array<f32>
#bind write results array<f32>
#use precise
var<workgroup> fold: array<vec2f, 64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
    var sum = vec2f();
    for (var image = lane; image < batch.images; image += 64) {
        let first = image * $classes_padded;
        let label = labels[image];
        let own = logits[first + label];
        var largest = own;
        var right = 1.0;
        for (var k = 0u; k < $classes; k++) {
            let other = logits[first + k];
            if (other > largest) {
                largest = other;
            }
            // As the first largest: later equals are beaten.
            if (k != label && !(own > other || (k > label && own == other))) {
                right = 0.0;
            }
        }
        // Of the others, so that a sure answer keeps its digits.
        var rest = 0.0;
        for (var k = 0u; k < $classes; k++) {
            let e = exp_of(logits[first + k] - largest);
            gradient[first + k] = e;
            if (k != label) {
                rest += e;
            }
        }
        let e = gradient[first + label];
        let share = 1 / ((e + rest) * f32(batch.images));
        for (var k = 0u; k < $classes; k++) {
            gradient[first + k] = select(gradient[first + k], -rest, k == label) * share;
        }
        for (var k = ${classes}u; k < $classes_padded; k++) {
            gradient[first + k] = 0;
        }
        // log(sum / e): the largest is 1 in the sum.
        var loss = log_of_one_and(rest);
        if (own != largest) {
            loss = log_of_one_and(e + rest - 1) - (own - largest);
        }
        if (!(rest < 1e30)) {
            loss = rest;
        }
        sum += vec2f(loss, right);
    }
    fold[lane] = sum;
    workgroupBarrier();
    for (var half = 32u; half > 0; half /= 2) {
        if (lane < half) {
            fold[lane] += fold[lane + half];
        }
        workgroupBarrier();
    }
    if (lane == 0) {
        results[batch.slot * $results] = fold[0].x;
        results[batch.slot * $results + 1] = fold[0].y;
    }
}
