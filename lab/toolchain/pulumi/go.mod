module clawkeep.dev/lab/toolchain/pulumi

go 1.26

require github.com/pulumi/pulumi/pkg/v3 v3.230.0
