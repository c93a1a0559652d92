// The rehearsal's tests tell one story: they run by the number in their name.
const Sequencer = require("@jest/test-sequencer").default;

class InOrder extends Sequencer {
  sort(tests) {
    return [...tests].sort((a, b) => (a.path < b.path ? -1 : 1));
  }
}
module.exports = InOrder;
