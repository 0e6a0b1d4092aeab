terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "name" { type = string }
variable "word" {}
variable "levels" { default = 1 }
variable "export" {}

resource "aws_sqs_queue" "levels" {
  count = var.levels
  name  = "${var.name}-${var.word}-${count.index}"
}

resource "aws_lambda_function" "handle" {
  function_name = "${var.name}-handle"
  role          = "arn:aws:iam::111122223333:role/handle"
  handler       = "main.handle"
  runtime       = "python3.13"
  filename      = "${path.module}/handle.zip"
}

resource "aws_lambda_event_source_mapping" "handle" {
  count            = length(aws_sqs_queue.levels)
  event_source_arn = aws_sqs_queue.levels[count.index].arn
  function_name    = aws_lambda_function.handle.arn
}

module "late" {
  source = "./queue"
  name   = var.name
  sink   = var.export
}

output "queue_arn" {
  value = aws_sqs_queue.levels[0].arn
}
