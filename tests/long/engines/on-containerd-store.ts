// Imported first: what is imported behind it runs on an engine with the store of containerd.
process.env["CLAWKEEP_TEST_ENGINE"] = "containerd-store";
