// Imported first: what is imported behind it looks for so long.
process.env["CLAWKEEP_FUZZ_SECONDS"] ??= "120";
