// Stands for body-parser in the bundle: express loads it, with its tables of encodings, for parsers that nobody here asks
// for, and both take their part of each start.
module.exports = {};
