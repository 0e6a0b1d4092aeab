provider "aws" {
  region = "eu-west-1"

resource "aws_sqs_queue" "x" {
  name = "x"
}
