// Laid into the language host's own package when it is built (build.sh).
package main

import (
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// forward hands calls that this host does not know on to the engine as they are. It stands between the program and the
// engine, and is older than both: without this the engine's resource hooks could not be had.
func forward(engine *grpc.ClientConn) grpc.StreamHandler {
	return func(_ interface{}, call grpc.ServerStream) error {
		method, _ := grpc.MethodFromServerStream(call)
		// An empty message keeps every field of what it is read from.
		question, answer := &emptypb.Empty{}, &emptypb.Empty{}
		if err := call.RecvMsg(question); err != nil {
			return err
		}
		if err := engine.Invoke(call.Context(), method, question, answer); err != nil {
			return err
		}
		return call.SendMsg(answer)
	}
}
